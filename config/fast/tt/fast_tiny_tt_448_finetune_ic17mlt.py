# FAST-tiny, Total-Text, 짧은 변 448. ICDAR 2017 MLT 가중치에서 시작합니다.
_base_ = [
    '../../_base_/fast_tiny.py',
    '../../_base_/data/tt.py',
    '../../_base_/schedule_30ep.py',
]

pooling_size = 5
short_size = 448

model = dict(detection_head=dict(pooling_size=pooling_size))
data = dict(
    train=dict(img_size=short_size, short_size=short_size, pooling_size=pooling_size),
    test=dict(short_size=short_size),
)
train_cfg = dict(pretrain='pretrained/fast_tiny_ic17mlt_640.pth')
test_cfg = dict(min_score=0.85, min_area=150)
