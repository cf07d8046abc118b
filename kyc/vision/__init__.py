"""What can be seen in a picture: intake, quality, text, documents, barcodes, faces. No database, no clock.

The libraries that hold models are imported inside functions: a web process never loads them, a worker's child
loads them on its first job.
"""

import os

# Else onnxruntime writes an identifier of this machine into the home folder and reports each model and session to its
# maker; it asks when it is loaded, and nothing later takes back what was sent.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
