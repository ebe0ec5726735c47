"""What is wrong with a data set: everything that can be found before training."""
