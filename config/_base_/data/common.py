# 모든 데이터셋에 공통인 값. 이미지와 라벨의 폴더는 type마다 정해져 있습니다 (data_root 아래).
data = dict(
    batch_size=16,  # 배치 크기 (모든 GPU를 합한 값)
    train=dict(
        split='train',  # 훈련용 이미지
        is_transform=True,  # 데이터 증강 활성화
        read_type='cv2',  # 이미지를 읽는 방식 ('cv2': EXIF 회전 적용, 'pil': 적용하지 않음)
        repeat_times=10,  # 한 에포크에 이미지 한 장을 몇 번 쓰는지 (매번 다르게 증강)
    ),
    test=dict(
        split='test',  # 평가용 이미지
        read_type='cv2',
    ),
)
