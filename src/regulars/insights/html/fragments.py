"""Subjects of the dashboard as HTML, made of the parts of the report; all text is escaped."""

from collections.abc import Mapping, Sequence
from functools import cache

import jinja2

from regulars.insights.html.environment import environment
from regulars.insights.parts import Section
from regulars.insights.sections.today import Health, Pulse, Standing


def section(told: Section | None) -> str:
    """Return a section: its finding, what there is to say, and its parts; nothing for none."""
    return _template("section").render(section=told) if told else ""


def pulse(told: Pulse) -> str:
    """Return the headline figures with their sparklines."""
    return _template("pulse").render(pulse=told)


def standing(told: Sequence[Standing], pages: Mapping[str, str]) -> str:
    """Return what stands out, each finding with the page that shows it."""
    return _template("standing").render(told=told, pages=pages)


def health(told: Health) -> str:
    """Return how fresh the data is, and how whole."""
    return _template("health").render(health=told)


def rows_behind() -> str:
    """Return the way to the lines that a page is made of."""
    return _template("rows_behind").render()


def patterns() -> str:
    """Return what charts mark the unfinished with, to stand once beside them."""
    return _template("patterns").render()


@cache
def _template(name: str) -> jinja2.Template:
    made = environment(is_live=True)
    return made.from_string(_PARTS + _TEMPLATES[name])


_PARTS = '{% from "parts.html.j2" import part_of, kpi_of, patterns, go with context %}'
_TEMPLATES = {
    "rows_behind": """
<p class="note"><button type="button" data-go="figure" data-member="kpis.net_sales">The lines that
these figures are made of</button>. An underlined name narrows the view; a figure of a table shows
the lines behind it (from the keyboard: Tab to a table, then arrows).</p>
""",
    "patterns": "{{ patterns() }}",
    "section": """
<section aria-labelledby="{{ section.name }}-title">
<p class="topic">{{ section.topic }}</p>
<h2 id="{{ section.name }}-title">{{ section.finding }}</h2>
{% if section.detail %}<p class="detail">{{ section.detail }}</p>{% endif %}
{% for part in section.parts %}{{ part_of(part) }}{% endfor %}
</section>
""",
    "pulse": """
<section aria-labelledby="headlines-title">
<h2 id="headlines-title">{{ pulse.headlines.finding }}</h2>
<p class="detail">{{ pulse.headlines.words }} {{ pulse.headlines.why_none }}
{%- if pulse.sparks.values() | selectattr("before") | list %}
<span class="keys"><i></i>This period <i class="ago"></i>Compared with</span>{% endif %}</p>
<dl class="kpis chief" style="--many:{{ pulse.headlines.chief | length }}">
{% for kpi in pulse.headlines.chief %}{{ kpi_of(kpi, pulse.sparks.get(kpi.label)) }}{% endfor %}
</dl>
<dl class="kpis" style="--many:{{ pulse.headlines.others | length }}">
{% for kpi in pulse.headlines.others %}{{ kpi_of(kpi, pulse.sparks.get(kpi.label)) }}{% endfor %}
</dl>
</section>
""",
    "standing": """
<section aria-labelledby="standing-title">
<p class="topic">What stands out</p>
<h2 id="standing-title" class="hidden">What stands out</h2>
<ul class="findings">
{% for one in told %}
<li><p class="topic">{{ one.topic }}
{% set leads = ("figure", one.figure, "who they are") if one.figure
   else ("page", one.page, pages[one.page]) %}
<button type="button"{{ go(leads[0], leads[1]) }}>See {{ leads[2] }}</button>
</p>
<b>{{ one.finding }}</b></li>
{% endfor %}
</ul>
</section>
""",
    "health": """
<div class="health" role="group" aria-label="Health of the data">
{% for one in health.told %}
<span{% if one.is_bad %} class="bad"{% endif %}>{{ one.label }} <b>{{ one.value }}</b></span>
{% endfor %}
<button type="button" data-go="page" data-member="data">See Data</button>
</div>
""",
}
