"""Files for readers: opened in the browser or saved under their names."""

from starlette.responses import Response

from ocpilot.app.kept.mailing import Attachment


def sent_as(found: Attachment) -> Response:
    """A PDF is opened, anything else is saved."""
    how = "inline" if found.media_type == "application/pdf" else "attachment"
    named = {"Content-Disposition": f'{how}; filename="{found.name}"'}
    return Response(found.data, media_type=found.media_type, headers=named)
