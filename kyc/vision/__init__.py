"""What can be seen in a picture: intake, quality, text, documents, barcodes, faces. No database, no clock.

The libraries that hold models are imported inside functions: a web process never loads them, a worker's child
loads them on its first job.
"""
