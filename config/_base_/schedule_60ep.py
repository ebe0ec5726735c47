# 논문의 학습 방법
train_cfg = dict(
    lr=1e-3,  # 학습률
    schedule='polylr',  # 스케줄러 타입 ('polylr', 'step', 'cosine' 또는 에포크 튜플)
    epoch=60,  # 총 에포크 수 (한 에포크에 이미지 한 장을 repeat_times번 씁니다)
    optimizer='Adam',  # 옵티마이저 ('Adam', 'AdamW', 'SGD')
    save_interval=1,  # 체크포인트 저장 간격 (에포크)
)
