from messaging.models.letters import LetterBatch
from messaging.models.link import PatientLink
from messaging.models.message import Message
from messaging.models.policy import ContactConsent, ContactPolicy
from messaging.models.template import MessageTemplate, Purpose

__all__ = ["ContactConsent", "ContactPolicy", "LetterBatch", "Message", "MessageTemplate", "PatientLink", "Purpose"]
