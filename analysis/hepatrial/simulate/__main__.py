"""``python -m hepatrial.simulate``: rewrite the generated files of the shipped templates."""

from hepatrial.simulate.template_files import write_template_files
from hepatrial.study import templates_dir

if __name__ == "__main__":
    write_template_files(templates_dir())
