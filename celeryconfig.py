"""How Celery runs. Settings only; every value that differs from Celery's default has its reason in docs/celery.md."""

from datetime import timedelta

from kombu import Queue

from beat_schedule import beat_schedule as _beat_schedule
from consistency.settings import load_settings

_settings = load_settings()
_retry = {"max_retries": 2, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.5}

broker_url = result_backend = _settings.redis_url
broker_transport_options = {
    "global_keyprefix": _settings.key_prefix,
    "visibility_timeout": 600,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "queue_order_strategy": "round_robin",
    "socket_timeout": 10,
    "socket_connect_timeout": 3,
    "socket_keepalive": True,
    "health_check_interval": 15,
    **_retry,
}
result_backend_transport_options = {
    "global_keyprefix": _settings.key_prefix,
    "retry_policy": {**_retry, "timeout": 5.0},
}
redis_socket_timeout = 10
redis_socket_connect_timeout = 3
redis_socket_keepalive = True
redis_retry_on_timeout = True
redis_backend_health_check_interval = 15
broker_connection_timeout = 3
broker_connection_retry_on_startup = True
broker_connection_max_retries = None
broker_pool_acquire_timeout = 5
task_publish_retry_policy = _retry

task_serializer = result_serializer = event_serializer = "json"
accept_content = ["json"]
result_accept_content = ["json"]
enable_utc = True
timezone = _settings.timezone

task_default_queue = "reconcilery.checks"
task_create_missing_queues = False
task_queues = [
    Queue(name, routing_key=name)
    for name in ("reconcilery.checks", "reconcilery.deep", "reconcilery.repair", "reconcilery.notify")
]
task_routes = {
    "monitor_tasks.deep_check": {"queue": "reconcilery.deep"},
    "monitor_tasks.help_run": {"queue": "reconcilery.deep"},
    "compensation.*": {"queue": "reconcilery.repair"},
    "monitoring.*": {"queue": "reconcilery.notify"},
    "notifiers.*": {"queue": "reconcilery.notify"},
}
task_track_started = True
task_time_limit = 900
task_soft_time_limit = 840
task_repr_maxlevels = 3

result_expires = timedelta(days=1)
result_failure_expires = timedelta(days=7)
result_extended = True

worker_prefetch_multiplier = 1
worker_disable_prefetch = True
worker_max_tasks_per_child = 500
worker_max_memory_per_child = 300_000
worker_send_task_events = True
task_send_sent_event = True
worker_hijack_root_logger = False
worker_redirect_stdouts = False
worker_proc_alive_timeout = 15
event_queue_ttl = 5
event_queue_expires = 60

beat_schedule = _beat_schedule
beat_scheduler = "monitor_tasks.scheduler:HeartbeatScheduler"
beat_max_loop_interval = 5
beat_cron_starting_deadline = 600
beat_enable_remote_control = True
