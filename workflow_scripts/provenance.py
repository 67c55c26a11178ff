"""Record versions, commit, configuration, input hashes and hardware of the study."""

from pathlib import Path

from ldct.study.adaptor import parser, run


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--hashed", type=Path, nargs="+", required=True, help="files whose SHA-256 is recorded")
    cli.add_argument("--output", type=Path, required=True, help="JSON file to write")
    args = cli.parse_args()
    from ldct.study.provenance import write_provenance

    write_provenance(args.spec, args.hashed, args.output)


if __name__ == "__main__":
    run(main)
