{% include cookiecutter.kind ~ ".py.jinja" -%}
