# ICDAR 2017 MLT: 다른 데이터셋에서 파인튜닝할 가중치를 만드는 사전 학습
_base_ = './common.py'

data = dict(
    train=dict(type='FAST_IC17MLT'),
    val=None,  # 에포크마다 검증하지 않음 (원래의 설정과 같게)
    test=dict(type='FAST_IC17MLT', split='valid'),  # 평가는 라벨이 공개된 검증 이미지로
)

# 원래의 설정에는 평가용 값이 없어서 ICDAR 2015의 값을 씁니다.
test_cfg = dict(
    min_score=0.88,  # 이 점수보다 낮은 영역은 버림
    min_area=250,  # 이 넓이(픽셀)보다 작은 영역은 버림
    bbox_type='rect',  # 결과 모양 ('rect': 회전 사각형, 'poly': 다각형)
    result_path='outputs/submit_ic17mlt.zip',  # 제출 파일의 경로
)
