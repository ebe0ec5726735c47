# FAST-tiny를 그려서 만든 이미지로 처음부터 학습합니다. 데이터 파일이 필요 없습니다.
# 훈련: --checkpoint none --config (이 파일). 중단되면 같은 명령에 --resume auto를 붙여 이어 갑니다.
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

size = 320  # 그리는 이미지의 한 변

data = dict(
    batch_size=4,  # 배치 크기 (모든 GPU를 합한 값)
    train=dict(
        type='FAST_Drawn',  # 이미지를 그려서 씁니다 (같은 이미지는 다시 나오지 않음)
        split='train',
        is_transform=True,  # 매번 새로 그리기 (False: 번호마다 같은 이미지)
        img_size=size,
        pooling_size=9,  # 커널을 만들 때 글자를 깎아 내는 창의 크기 (detection_head와 같게)
        num_images=4000,  # 한 에포크에 그리는 이미지의 수
        empty=0.08,  # 글자가 없는 이미지의 비율
        fonts=None,  # 글꼴 폴더 (None: 시스템 글꼴)
        backgrounds=None,  # 글자가 없는 배경 사진의 폴더 (None: 배경도 그림)
    ),
    test=dict(
        type='FAST_Drawn',  # 훈련에 나오지 않는 이미지로 검증
        split='test',
        img_size=size,
        short_size=size,
        num_images=200,
    ),
)

train_cfg = dict(
    lr=1.5e-3,  # 학습률 (처음부터 학습하므로 높게)
    schedule='polylr',  # 스케줄러 타입
    warmup_iters=300,  # 학습률을 서서히 올리는 반복 수
    epoch=8,  # 총 에포크 수
    freeze_bn=3,  # 이 에포크부터 BatchNorm 통계를 고정 (한 스텝이 절반의 시간에 끝남)
    optimizer='Adam',  # 옵티마이저
    clip_grad=5.0,  # 기울기의 크기를 제한
    save_interval=1,  # 체크포인트 저장 간격 (에포크)
    save_every_iters=250,  # 에포크 안에서도 저장 (중단되어도 잃는 것이 적게)
    keep_checkpoints=2,  # 남겨 두는 에포크 체크포인트의 수
)

test_cfg = dict(
    min_score=0.75,  # 이 점수보다 낮은 영역은 버림
    min_area=60,  # 이 넓이(픽셀)보다 작은 영역은 버림
    bbox_type='rect',  # 결과 모양 ('rect': 회전 사각형, 'poly': 다각형)
    result_path='outputs/submit_synthetic.zip',  # 제출 파일의 경로
)
