# Total-Text: 휘어진 글자
_base_ = './common.py'

data = dict(
    train=dict(type='FAST_TT'),
    test=dict(type='FAST_TT', read_type='pil'),  # 평가 이미지는 EXIF 회전 없이
)

test_cfg = dict(
    bbox_type='poly',  # 결과 모양 ('rect': 회전 사각형, 'poly': 다각형)
    result_path='outputs/submit_tt/',  # 결과 폴더
)
