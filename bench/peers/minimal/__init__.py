"""The least a Django REST framework view can do that inserts the rows of a new job."""
