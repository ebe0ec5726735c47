# CTW1500: 휘어진 글줄
_base_ = './common.py'

data = dict(train=dict(type='FAST_CTW'), test=dict(type='FAST_CTW'))

test_cfg = dict(
    bbox_type='poly',  # 결과 모양 ('rect': 회전 사각형, 'poly': 다각형)
    result_path='outputs/submit_ctw/',  # 결과 폴더
)
