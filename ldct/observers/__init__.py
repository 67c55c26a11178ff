"""Model observers: how well a task, finding a lesion, can be done with an image."""
