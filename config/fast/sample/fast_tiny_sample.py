# 내장 샘플 설정 (FAST-tiny, 직접 그린 이미지). GPU 없이 몇 분 안에 끝나도록 작게 잡았습니다.
model = dict(
    type='FAST',  # 모델 종류
    backbone=dict(
        type='fast_backbone',  # 특징 추출부 (TextNet)
        config='config/fast/nas-configs/fast_tiny.config',  # 크기: fast_tiny / fast_small / fast_base
    ),
    neck=dict(
        type='fast_neck',  # 네 단계의 특징을 모으는 부분
        config='config/fast/nas-configs/fast_tiny.config',  # backbone과 같은 파일
    ),
    detection_head=dict(
        type='fast_head',  # 커널과 임베딩을 출력하는 부분
        config='config/fast/nas-configs/fast_tiny.config',  # backbone과 같은 파일
        pooling_size=9,  # 커널을 글자 영역으로 넓히는 창의 크기 (픽셀)
        dropout_ratio=0.1,  # 드롭아웃 비율
        empty_weight=1.0,  # 글자가 없는 곳의 오검출을 줄이는 손실의 가중치 (0: 원본 FAST처럼 쓰지 않음)
        loss_text=dict(type='DiceLoss', loss_weight=0.5),  # 텍스트 검출 손실
        loss_kernel=dict(type='DiceLoss', loss_weight=1.0),  # 커널 검출 손실
        loss_emb=dict(type='EmbLoss_v1', feature_dim=4, loss_weight=0.25),  # 임베딩 손실 (feature_dim: 임베딩 차원)
    ),
)

repeat_times = 1  # 한 에포크에 이미지 한 장을 몇 번 쓰는지

data = dict(
    batch_size=4,  # 배치 크기
    train=dict(
        type='FAST_IC15',  # 라벨 형식
        split='train',  # 훈련용 이미지
        is_transform=True,  # 데이터 증강 활성화
        img_size=256,  # 훈련 이미지 크기 (잘라 내는 크기)
        short_size=320,  # 짧은 변의 크기
        pooling_size=9,  # 커널을 만들 때 글자를 깎아 내는 창의 크기 (detection_head와 같게)
        read_type='cv2',  # 이미지를 읽는 방식 ('cv2': EXIF 회전 적용, 'pil': 적용하지 않음)
        repeat_times=repeat_times,  # 위에서 정한 반복 횟수
        img_dir='sample_run/photos/train/images',  # 훈련 이미지 폴더 (샘플이 직접 그립니다)
        gt_dir='sample_run/photos/train/gts',  # 훈련 라벨 폴더
        augment=dict(
            scale=(0.8, 1.25),  # 확대, 축소 범위 (short_size에 맞춘 크기의 배수)
            flip=0.0,  # 좌우 뒤집기 확률 (글자가 거꾸로 되므로 쓰지 않음)
            rotation=5,  # 회전 각도의 최댓값
        ),
    ),
    test=dict(
        type='FAST_IC15',  # 라벨 형식
        split='test',  # 평가용 이미지 (에포크마다 검증에도 씁니다)
        short_size=320,  # 짧은 변의 크기
        read_type='cv2',  # 이미지를 읽는 방식
        img_dir='sample_run/photos/val/images',  # 검증 이미지 폴더
        gt_dir='sample_run/photos/val/gts',  # 검증 라벨 폴더
    ),
)

train_cfg = dict(
    pretrain='pretrained/fast_tiny_synthetic.safetensors',  # 시작할 가중치
    lr=4e-4,  # 학습률 (파인튜닝이므로 낮게)
    warmup_iters=40,  # 학습률을 서서히 올리는 반복 수
    schedule='polylr',  # 스케줄러 타입
    freeze_bn=1,  # BatchNorm 통계를 가중치에 있는 그대로 사용 (고정된 채로 학습한 가중치이며, 더 빠르기도 함)
    epoch=5,  # 총 에포크 수
    optimizer='Adam',  # 옵티마이저
    save_interval=5,  # 체크포인트 저장 간격 (에포크)
)

test_cfg = dict(
    min_score=0.75,  # 이 점수보다 낮은 영역은 버림
    min_area=60,  # 이 넓이(픽셀)보다 작은 영역은 버림
    bbox_type='rect',  # 결과 모양 ('rect': 회전 사각형, 'poly': 다각형)
    result_path='sample_run/submit_sample.zip',  # 제출 파일의 경로
)
