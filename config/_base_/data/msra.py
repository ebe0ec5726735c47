# MSRA-TD500: 글줄 단위의 라벨 (HUST-TR400이 있으면 훈련에 더합니다)
_base_ = './common.py'

data = dict(
    train=dict(type='FAST_MSRA'),
    test=dict(type='FAST_MSRA', read_type='pil'),  # 평가 이미지는 EXIF 회전 없이
)

test_cfg = dict(
    bbox_type='rect',  # 결과 모양 ('rect': 회전 사각형, 'poly': 다각형)
    result_path='outputs/submit_msra/',  # 결과 폴더
)
