"""Where files lie when not on disk: a bucket of any storage that speaks the S3 protocol."""

from typing import Any

from backoffice import environment as env


def in_bucket(name: str) -> dict[str, Any]:
    """What EncryptedStorage takes as `inner`. Without keys of its own it uses those that the machine was given (AWS_*
    variables, the role of an instance)."""
    from botocore.config import Config  # takes a second to load; only who has a bucket waits for it

    patience = Config(
        connect_timeout=3,
        read_timeout=20,
        retries={"mode": "standard", "total_max_attempts": 3},  # botocore's own waits for minutes, and so would a page
        # Sums of its own, which many compatible storages do not know; our pieces are authenticated anyway.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    options = {
        "bucket_name": name,
        "endpoint_url": env.text("MEDIA_ENDPOINT", "") or None,
        "region_name": env.text("MEDIA_REGION", "") or None,
        "access_key": env.text("MEDIA_ACCESS_KEY", "") or None,
        "secret_key": env.text("MEDIA_SECRET_KEY", "") or None,
        "client_config": patience,
    }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
