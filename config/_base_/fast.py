# 모든 레시피가 함께 쓰는 모델. 크기는 fast_tiny.py, fast_small.py, fast_base.py에서 고릅니다.
model = dict(
    type='FAST',  # 모델 종류
    backbone=dict(type='fast_backbone'),  # 특징 추출부 (TextNet)
    neck=dict(type='fast_neck'),  # 네 단계의 특징을 모으는 부분
    detection_head=dict(
        type='fast_head',  # 커널과 임베딩을 출력하는 부분
        pooling_size=9,  # 커널을 글자 영역으로 넓히는 창의 크기 (data.train과 같게)
        dropout_ratio=0.1,  # 드롭아웃 비율
        loss_text=dict(type='DiceLoss', loss_weight=0.5),  # 텍스트 검출 손실
        loss_kernel=dict(type='DiceLoss', loss_weight=1.0),  # 커널 검출 손실
        loss_emb=dict(type='EmbLoss_v1', feature_dim=4, loss_weight=0.25),  # 임베딩 손실
    ),
)
