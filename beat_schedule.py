"""When Celery beat starts what. Times are in the configured zone; every entry expires before its next turn."""

from datetime import timedelta

from celery.schedules import crontab, schedule

from consistency.settings import load_settings

_settings = load_settings()
_quick, _full, _deep = _settings.quick_every, _settings.full_every, _settings.deep_at
_minute, _hour = timedelta(minutes=1), timedelta(hours=1)

beat_schedule = {
    "quick-check": {
        "task": "monitor_tasks.quick_check",
        "schedule": crontab(minute="*/15") if _quick == 15 * _minute else schedule(_quick),
        "kwargs": {"scheduled": True},
        "options": {"expires": 0.9 * _quick.total_seconds()},
    },
    "full-check": {
        "task": "monitor_tasks.full_check",
        "schedule": crontab(minute="0") if _full == 60 * _minute else schedule(_full),
        "kwargs": {"scheduled": True},
        "options": {"expires": 0.9 * _full.total_seconds()},
    },
    "deep-check": {
        "task": "monitor_tasks.deep_check",
        "schedule": crontab(hour=str(_deep.hour), minute=str(_deep.minute)),
        "kwargs": {"scheduled": True},
        "options": {"expires": 6 * 3600},
    },
    "sweep": {
        "task": "monitor_tasks.sweep",
        "schedule": schedule(_settings.sweep_every),
        "options": {"expires": 0.9 * _settings.sweep_every.total_seconds()},
    },
    "repair-sweep": {
        "task": "compensation.reap",
        "schedule": schedule(_settings.sweep_every),
        "options": {"expires": 0.9 * _settings.sweep_every.total_seconds()},
    },
    "tell": {
        "task": "notifiers.sweep",
        "schedule": schedule(_settings.tell_every),
        "options": {"expires": max(5.0, _settings.tell_every.total_seconds())},
    },
    "collect": {
        "task": "monitoring.collect",
        "schedule": schedule(_settings.tell_every),
        "options": {"expires": max(5.0, _settings.tell_every.total_seconds())},
    },
    "watch": {
        "task": "monitoring.watch",
        "schedule": schedule(_minute),
        "options": {"expires": 0.9 * _minute.total_seconds()},
    },
    "count": {
        "task": "monitoring.count",
        "schedule": schedule(_minute),
        "options": {"expires": 0.9 * _minute.total_seconds()},
    },
    "compensation": {
        "task": "compensation.scheduled",
        "schedule": schedule(_settings.repair_every),
        "options": {"expires": 0.9 * _settings.repair_every.total_seconds()},
    },
    "give-way": {
        "task": "compensation.yield_originals",
        "schedule": schedule(_hour),
        "options": {"expires": 0.9 * _hour.total_seconds()},
    },
    "repair-retention": {
        "task": "compensation.retain",
        "schedule": crontab(hour="3", minute="45"),
        "options": {"expires": 6 * 3600},
    },
    "tell-retention": {
        "task": "notifiers.retain",
        "schedule": crontab(hour="4", minute="0"),
        "options": {"expires": 6 * 3600},
    },
    "event-retention": {
        "task": "monitoring.retain",
        "schedule": crontab(hour="4", minute="15"),
        "options": {"expires": 6 * 3600},
    },
    "retention": {
        "task": "monitor_tasks.retain",
        "schedule": crontab(hour="3", minute="30"),
        "options": {"expires": 6 * 3600},
    },
}
