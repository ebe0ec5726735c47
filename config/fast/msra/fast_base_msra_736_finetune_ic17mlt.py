# FAST-base, MSRA-TD500, 짧은 변 736. ICDAR 2017 MLT 가중치에서 시작합니다.
_base_ = [
    '../../_base_/fast_base.py',
    '../../_base_/data/msra.py',
    '../../_base_/schedule_60ep.py',
]

pooling_size = 9
short_size = 736

model = dict(detection_head=dict(pooling_size=pooling_size, loss_emb=dict(type='EmbLoss_v2')))
data = dict(
    train=dict(img_size=short_size, short_size=short_size, pooling_size=pooling_size),
    test=dict(short_size=short_size),
)
train_cfg = dict(pretrain='pretrained/fast_base_ic17mlt_640.pth')
test_cfg = dict(min_score=0.89, min_area=250)
