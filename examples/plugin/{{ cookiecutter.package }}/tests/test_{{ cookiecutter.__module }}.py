{% include cookiecutter.kind ~ "_tests.py.jinja" -%}
