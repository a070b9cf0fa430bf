"""Images: data sets and folders of images as arrays."""
