"""How many clients each company has. Nothing to install: the token comes in by the environment.

    fresco exec --store file:/var/lib/fresco --connection default --min-validity 1h -- python3 count_clients.py

In AWS, without fresco on the machine, docs/cron.md has the same with boto3.
"""

import json
import os
import urllib.request

API = os.environ["FATTUREINCLOUD_API_URL"]  # the one that the token is for


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would take the token to another host."""

    def redirect_request(self, *_):
        return None


opener = urllib.request.build_opener(NoRedirect)


def get(path):
    request = urllib.request.Request(
        API + path, headers={"Authorization": "Bearer " + os.environ["FATTUREINCLOUD_ACCESS_TOKEN"]}
    )
    with opener.open(request, timeout=30) as response:
        return json.load(response)


for company in get("/user/companies")["data"]["companies"]:
    page = get(f"/c/{company['id']}/entities/clients?per_page=1")
    print(f"{company['name']}: {page['total']} clients")
