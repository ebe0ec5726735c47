# FAST-base, ICDAR 2017 MLT, 짧은 변 640. ImageNet으로 학습한 특징 추출부에서 시작합니다.
_base_ = [
    '../../_base_/fast_base.py',
    '../../_base_/data/ic17mlt.py',
    '../../_base_/schedule_30ep.py',
]

pooling_size = 9
short_size = 640

model = dict(detection_head=dict(pooling_size=pooling_size, dropout_ratio=0))
data = dict(
    train=dict(img_size=short_size, short_size=short_size, pooling_size=pooling_size),
    test=dict(short_size=short_size),
)
train_cfg = dict(pretrain='pretrained/fast_base_in1k_epoch_299.pth')
