from tests.messaging.conftest import smtp

__all__ = ["smtp"]
