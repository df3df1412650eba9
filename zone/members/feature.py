"""The feature of people: accounts, sign-in, affiliations, roles, suspensions, tokens."""

from datetime import timedelta
from typing import Final

from flask_babel import lazy_gettext

from zone.core.identity import Permission
from zone.core.jobs.rules import Job
from zone.core.personal_data import PersonalData, Retention
from zone.members.affiliations.api import api as members_affiliations_api
from zone.members.affiliations.pages import pages as members_affiliations_pages
from zone.members.affiliations.queries import own_affiliations
from zone.members.eligibility.api import api as members_eligibility_api
from zone.members.eligibility.queries import own_proofs
from zone.members.email_changes import mails as email_changes_mails
from zone.members.email_changes.api import api as members_email_changes_api
from zone.members.email_changes.pages import pages as members_email_changes_pages
from zone.members.passwords import mails as passwords_mails
from zone.members.passwords.api import api as members_passwords_api
from zone.members.passwords.pages import pages as members_passwords_pages
from zone.members.people import invariants as people_invariants
from zone.members.people import jobs as people_jobs
from zone.members.people.api import api as members_people_api
from zone.members.people.pages import pages as members_people_pages
from zone.members.people.states import STATES as PEOPLE_STATES
from zone.members.privacy.api import api as members_privacy_api
from zone.members.push import jobs as push_jobs
from zone.members.push.api import api as members_push_api
from zone.members.push.metrics import push_gauges
from zone.members.push.pages import PARTS, PARTS_NAME
from zone.members.push.pages import pages as members_push_pages
from zone.members.push.queries import own_subscriptions
from zone.members.roles import mails as roles_mails
from zone.members.roles.api import api as members_roles_api
from zone.members.roles.pages import pages as members_roles_pages
from zone.members.sign_in import mails as sign_in_mails
from zone.members.sign_in.api import api as members_sign_in_api
from zone.members.sign_in.pages import demo_pages
from zone.members.sign_in.pages import pages as members_sign_in_pages
from zone.members.sign_in.states import STATES as SIGN_IN_STATES
from zone.members.sign_in_sessions import invariants as sign_in_sessions_invariants
from zone.members.sign_in_sessions import jobs as sign_in_sessions_jobs
from zone.members.sign_in_sessions.api import api as members_sign_in_sessions_api
from zone.members.sign_in_sessions.pages import pages as members_sign_in_sessions_pages
from zone.members.suspensions import jobs as suspensions_jobs
from zone.members.suspensions.api import api as members_suspensions_api
from zone.members.tokens.api import api as members_tokens_api
from zone.web.feature import Feature, ManageItem, NavItem

SIGN_IN: Final = Retention("until it is used or has expired", "members.sweep")
PUSH_MESSAGES: Final = Retention(
    "30 days after a notification was sent or given up", "members.sweep"
)

FEATURE: Final = Feature(
    name="members",
    mails=(
        *sign_in_mails.MAILS,
        *email_changes_mails.MAILS,
        *passwords_mails.MAILS,
        *roles_mails.MAILS,
    ),
    apis=(
        members_affiliations_api,
        members_eligibility_api,
        members_email_changes_api,
        members_passwords_api,
        members_people_api,
        members_privacy_api,
        members_push_api,
        members_roles_api,
        members_sign_in_api,
        members_sign_in_sessions_api,
        members_suspensions_api,
        members_tokens_api,
    ),
    pages=(
        members_affiliations_pages,
        members_email_changes_pages,
        members_passwords_pages,
        members_people_pages,
        members_push_pages,
        members_roles_pages,
        members_sign_in_pages,
        members_sign_in_sessions_pages,
    ),
    demo_pages=(demo_pages,),
    jobs=(
        Job(
            suspensions_jobs.MARK_ENDED,
            timedelta(minutes=1),
            suspensions_jobs.mark_ended_suspensions,
        ),
        Job("members.index_names", timedelta(hours=1), people_jobs.index_names),
        Job("members.push", timedelta(seconds=10), push_jobs.deliver),
        Job("members.sweep", timedelta(hours=1), sign_in_sessions_jobs.delete_expired),
    ),
    gauges=(push_gauges,),
    static=((PARTS_NAME, PARTS),),
    invariants=(*people_invariants.INVARIANTS, *sign_in_sessions_invariants.INVARIANTS),
    personal_data=(
        PersonalData("member", ("email", "name", "holder"), reason="the account itself"),
        PersonalData(
            "affiliation",
            ("member_id",),
            "affiliations",
            own_affiliations,
            reason="proves the right to use the service",
        ),
        PersonalData(
            "eligibility_proof",
            ("recorded_by",),
            "proofs",
            own_proofs,
            reason="who recorded a proof stays known, as in the audit",
        ),
        PersonalData(
            "proof_withdrawal",
            ("recorded_by",),
            reason="who withdrew a proof stays known, as in the audit",
        ),
        # Derived from the name: not exported a second time.
        PersonalData(
            "name_trigram",
            ("member_id",),
            exported=False,
            reason="finds the account by its name, and changes with it",
        ),
        PersonalData("email_change", ("member_id", "email"), retention=SIGN_IN),
        PersonalData(
            "push_subscription",
            ("member_id", "endpoint"),
            "notifications",
            own_subscriptions,
            retention=Retention(
                "until they are turned off or the browser is signed out, 30 days at most after its "
                "last use",
                "members.sweep",
            ),
        ),
        PersonalData("push_message", ("member_id",), retention=PUSH_MESSAGES),
        PersonalData("role_grant", ("member_id",), reason="who may do what, and since when"),
        PersonalData(
            "roster_mark",
            ("member_id",),
            reason="tells bridges whose rights changed; a member's newest mark only",
        ),
        PersonalData("sign_in_code", ("email",), retention=SIGN_IN),
        PersonalData("sign_in_session", ("member_id",), retention=SIGN_IN),
        PersonalData(
            "staff_password",
            ("member_id",),
            exported=False,
            reason="the password of the account, hashed",
        ),
        PersonalData("api_token", ("owner_id",), reason="who answers for what a program did"),
        PersonalData(
            "suspension",
            ("member_id", "recorded_by"),
            reason="earlier suspensions weigh in the next decision",
        ),
    ),
    states=(*SIGN_IN_STATES, *PEOPLE_STATES),
    navigation=(NavItem("me", "/me", lazy_gettext("My data"), "user-round", position=50),),
    manage=(
        ManageItem(
            "/manage/people",
            lazy_gettext("People and roles"),
            "users-round",
            position=60,
            permission=Permission.STAFF_READ,
        ),
    ),
)
