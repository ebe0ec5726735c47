"""Which of the formats that list images and annotations a beginning of a file is of."""

import pytest

from dataset.readers.annotations import layout_of

IMAGE = {"id": 1, "file_name": "1.jpg", "width": 640, "height": 480}
WILD_IMAGE = {"id": "00000001", "width": 3, "height": 4, "file_name": "1.jpg", "type": "book"}
TEXT = {"image_id": 1, "text": "a", "bbox": [1, 2, 3, 4]}


@pytest.mark.parametrize(
    ("document", "layout"),
    [
        ({}, ""),
        ({"images": []}, ""),
        ({"images": {"1.jpg": {}}}, ""),
        ({"imgs": {}}, "coco"),
        ({"images": [IMAGE], "annotations": [TEXT]}, "aihub_outdoor"),
        ({"images": [IMAGE], "annotations": []}, "aihub_outdoor"),
        ({"images": [IMAGE, IMAGE], "annotations": [TEXT]}, "aihub_wild"),
        ({"annotations": [TEXT, {**TEXT, "image_id": 2}]}, "aihub_wild"),
        ({"images": [IMAGE], "annotations": [{**TEXT, "attributes": {}}]}, "aihub_wild"),
        ({"images": [IMAGE], "annotations": [{**TEXT, "category_id": 1}]}, "coco"),
        ({"images": [IMAGE], "annotations": [{"image_id": 1, "bbox": [1, 2, 3, 4]}]}, "coco"),
        ({"images": [{"image.width": 3}], "annotations": []}, "aihub_admin"),
        ({"annotations": [{"annotation.bbox": [1, 2, 3, 4]}]}, "aihub_admin"),
        # beginnings of long files
        ({"images": [WILD_IMAGE]}, "aihub_wild"),
        ({"images": [WILD_IMAGE], "annotations": [{"image_id": 1}]}, "aihub_wild"),
        ({"images": [IMAGE, IMAGE]}, "coco"),
        ({"images": [IMAGE]}, "coco"),
        ({"categories": [], "images": [IMAGE], "annotations": []}, "coco"),
    ],
)
def test_layouts_are_told_apart(document, layout):
    assert layout_of(document) == layout
