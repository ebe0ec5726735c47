_base_ = './fast.py'

layers = 'config/fast/nas-configs/fast_base.config'  # 층의 구성

model = dict(
    backbone=dict(config=layers),
    neck=dict(config=layers),
    detection_head=dict(config=layers),
)
