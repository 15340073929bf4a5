"""What the image service has made: for each of its jobs always the same pictures."""

import hashlib


def images_of(job: str, service_url: str) -> list[dict[str, str]]:
    """One picture, or for every fourth job two: key, address and type of each."""
    number = 2 if hashlib.sha256(job.encode()).digest()[0] % 4 == 0 else 1
    return [
        {"key": f"image-{each}", "fileUrl": f"{service_url}/files/{job}/{each}.png", "fileType": "png"}
        for each in range(number)
    ]
