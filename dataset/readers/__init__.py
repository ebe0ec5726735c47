"""Readers of label files, one file for each family of formats."""
