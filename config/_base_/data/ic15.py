# ICDAR 2015
_base_ = './common.py'

data = dict(train=dict(type='FAST_IC15'), test=dict(type='FAST_IC15'))

test_cfg = dict(
    bbox_type='rect',  # 결과 모양 ('rect': 회전 사각형, 'poly': 다각형)
    result_path='outputs/submit_ic15.zip',  # 제출 파일의 경로
)
