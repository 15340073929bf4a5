"""The smallest Celery application, for the launcher's tests."""

import os

from celery import Celery

app = Celery("tiny_app", broker=os.environ["RECONCILERY_REDIS_URL"], backend=os.environ["RECONCILERY_REDIS_URL"])
app.conf.broker_connection_retry_on_startup = True
