"""Everything after the weights are fixed: detecting, drawing, scoring, writing.

from inference import TextDetector

detector = TextDetector.from_checkpoint("finetune_checkpoints/checkpoint_best.pth")
words = detector.detect("photo.jpg")
"""

from typing import TYPE_CHECKING

from runtime.names import handed_on

if TYPE_CHECKING:
    from inference.detector import TextDetector

__all__ = ["TextDetector"]
__getattr__ = handed_on(__name__, {"TextDetector": "inference.detector"})
