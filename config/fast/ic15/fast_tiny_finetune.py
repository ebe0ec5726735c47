# 함께 들어 있는 가중치에서 시작하는 파인튜닝 설정 (FAST-tiny, ICDAR 2015 형식의 라벨). 체크포인트가 없을 때 씁니다.
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

repeat_times = 1  # 한 에포크에 이미지 한 장을 몇 번 쓰는지 (매번 다르게 증강)

data = dict(
    batch_size=4,  # 배치 크기 (모든 GPU를 합한 값)
    train=dict(
        type='FAST_IC15',  # 라벨 형식
        split='train',  # 훈련용 이미지
        is_transform=True,  # 데이터 증강 활성화
        img_size=224,  # 훈련 이미지 크기 (잘라 내는 크기)
        short_size=896,  # 짧은 변의 크기 (키워서 작은 글자도 배움)
        pooling_size=9,  # 커널을 만들 때 글자를 깎아 내는 창의 크기 (detection_head와 같게)
        read_type='cv2',  # 이미지를 읽는 방식 ('cv2': EXIF 회전 적용, 'pil': 적용하지 않음)
        repeat_times=repeat_times,  # 위에서 정한 반복 횟수
        augment=dict(
            scale=(0.6, 1.4),  # 확대, 축소 범위 (short_size에 맞춘 크기의 배수)
            flip=0.0,  # 좌우 뒤집기 확률 (글자가 거꾸로 되므로 쓰지 않음)
            rotation=10,  # 회전 각도의 최댓값
            quarter_turn=0.1,  # 왼쪽이나 오른쪽으로 90도 돌릴 확률 (세로로 누운 글자)
            word_crop=0.9,  # 단어 하나를 골라 그 둘레를 잘라 낼 확률 (글자가 드문 이미지에서 더 많이 배움)
        ),
        paste_text=0.0,  # 내 이미지에 간판을 그려 넣는 샘플의 비율
        # img_dir='내_이미지_폴더',  # 내 데이터: 이미지 폴더
        # gt_dir='내_라벨_폴더',  # 내 데이터: gt_이미지이름.txt 파일이 있는 폴더
    ),
    test=dict(
        type='FAST_IC15',  # 라벨 형식
        split='test',  # 평가용 이미지
        short_size=896,  # 짧은 변의 크기
        read_type='cv2',  # 이미지를 읽는 방식
    ),
)

train_cfg = dict(
    pretrain='pretrained/fast_tiny_synthetic.safetensors',  # 시작할 가중치 (--checkpoint를 주면 그것을 씁니다)
    lr=1e-3,  # 학습률
    schedule='polylr',  # 스케줄러 타입 ('polylr', 'step', 'cosine' 또는 에포크 튜플)
    epoch=20,  # 총 에포크 수
    freeze_bn=1,  # BatchNorm 통계를 가중치에 있는 그대로 사용 (고정된 채로 학습한 가중치이며, 더 빠르기도 함)
    optimizer='Adam',  # 옵티마이저 ('Adam', 'AdamW', 'SGD')
    save_interval=5,  # 체크포인트 저장 간격 (에포크)
)

test_cfg = dict(
    min_score=0.97,  # 이 점수보다 낮은 영역은 버림
    min_area=100,  # 이 넓이(픽셀)보다 작은 영역은 버림
    kernel_score=0.82,  # 커널로 볼 최소 확률 (짧게 훈련한 가중치에서 붙은 단어를 떼어 냄)
    kernel_stride=1,  # 커널을 찾는 픽셀의 크기 (1: 좁은 틈도 봄, 4: 원본 FAST처럼)
    pooling_size=11,  # 찾은 커널을 글자 영역으로 넓히는 창의 크기 (높은 kernel_score로 줄어든 만큼 더)
    bbox_type='rect',  # 결과 모양 ('rect': 회전 사각형, 'poly': 다각형)
    result_path='outputs/submit_ic15.zip',  # 제출 파일의 경로
)
