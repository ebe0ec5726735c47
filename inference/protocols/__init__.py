"""One file for each way of scoring detections, and what these share."""
