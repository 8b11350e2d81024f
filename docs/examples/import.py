#!/usr/bin/env python3
"""Uploads a file, waits for its end, and fetches the rows that were rejected. Python 3.8 or later, nothing else:

  REDEMPTIONS_URL=http://127.0.0.1:8080 REDEMPTIONS_API_KEY=... python3 import.py 953234 redemptions.csv rejected.csv

A cut connection, 429 and 5xx are tried again: under one Idempotency-Key the same upload is one import.
"""
import hashlib
import json
import os
import random
import shutil
import sys
import tempfile
import time
import urllib.error
import urllib.request

URL = os.environ.get("REDEMPTIONS_URL", "http://127.0.0.1:8080")
HEADERS = {"Authorization": "Bearer " + os.environ["REDEMPTIONS_API_KEY"]}
COLUMNS = {"redeemedDateInMillis": "Redeemed on", "redeemedAt": "Till", "mobile": "Mobile", "couponCode": "Coupon"}


def request(target, body=None, headers=None):
    """The answer, as a stream. `body` is a file that can be read again."""
    for attempt in range(1, 9):
        wanted = 0.0
        try:
            if body is not None:
                body.seek(0)
            call = urllib.request.Request(target, data=body, headers={**HEADERS, **(headers or {})})
            return urllib.request.urlopen(call, timeout=120)
        except urllib.error.HTTPError as error:
            if attempt == 8 or not (error.code in (409, 429) or error.code >= 500):
                sys.exit(error.read().decode())
            wanted = float(error.headers.get("Retry-After") or 0)
        except OSError as error:
            if attempt == 8:
                sys.exit(str(error))
        time.sleep(max(wanted, 0.5 * 2**attempt * random.uniform(0.5, 1)))


def upload(series, file):
    """A form in a temporary file: as large as it may be, it is streamed."""
    boundary = "redemptions-" + os.urandom(16).hex()
    fields = {"customerIdentifier": "MOBILE", "couponIdentifier": "COUPON_CODE", "uploadHeaders": json.dumps(COLUMNS)}
    digest = hashlib.sha256()
    with tempfile.TemporaryFile() as form, open(file, "rb") as content:
        for name, value in fields.items():
            form.write(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{os.path.basename(file)}"\r\n\r\n'
        form.write(head.encode())
        for chunk in iter(lambda: content.read(1 << 20), b""):
            digest.update(chunk)
            form.write(chunk)
        form.write(f"\r\n--{boundary}--\r\n".encode())
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(form.tell()),
            "Idempotency-Key": f"python-{series}-{digest.hexdigest()}",
        }
        return json.load(request(f"{URL}/v1/series/{series}/imports", form, headers))


series, file, rejected = sys.argv[1:4]
view = upload(series, file)
while view["status"] in ("queued", "processing"):
    time.sleep(0.5)
    view = json.load(request(f"{URL}/v1/imports/{view['id']}"))
counts = view["counts"]
print(f"import {view['id']}: {view['status']}, {view['outcome']}")
print(
    f"{counts['rows']} rows: {counts['inserted']} inserted, {counts['duplicates']} duplicates, {counts['rejected']} rejected"
)
if counts["rejected"] > 0:
    with open(rejected, "wb") as report:
        shutil.copyfileobj(request(f"{URL}/v1/imports/{view['id']}/errors.csv"), report)
    print(f"rejected rows: {rejected}")
sys.exit({"success": 0, "partial": 1}.get(view["outcome"], 2))
