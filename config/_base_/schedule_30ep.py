_base_ = './schedule_60ep.py'

train_cfg = dict(epoch=30)
