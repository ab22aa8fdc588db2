"""The commands about the user's Claude plan: what is left of it, and use beyond it."""

from ..core.plan_usage import describe_agreement, list_plan_lines
from ..desktop.screen import notify
from ..voice.session import Session
from ..wire.http_client import Fetch

NOT_ALLOWED = "The bridge did not confirm that extra usage is allowed."


class UsageCommands:
    """Show the use of the plan, and allow extra usage."""

    def __init__(self, session: Session) -> None:
        """Use the session's requests and display."""
        self._session = session

    def show(self) -> None:
        """Show what is left of each plan."""

        def show_plans(fetch: Fetch) -> None:
            self._session.show_text("Claude usage", list_plan_lines(fetch.answer))

        self._session.clear_problem()
        self._session.fetch("GET", "/usage?days=0&recent=0", None, show_plans)

    def allow_extra(self) -> None:
        """Allow extra usage until the plan resets, and say so."""

        def confirm(fetch: Fetch) -> None:
            sentence = describe_agreement(fetch.answer)
            if sentence:
                notify(sentence)
            else:
                self._session.report_problem(NOT_ALLOWED)

        self._session.clear_problem()
        body = {"agreement": "window"}
        self._session.fetch("POST", "/control/extra-usage", body, confirm, control=True)
