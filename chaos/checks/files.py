"""What must hold for products and their files."""

from collections.abc import Iterator

from chaos.evidence import Evidence, Finding


def products_have_their_execution(evidence: Evidence) -> Iterator[Finding]:
    """Contract 6.3: a product exists only if its execution COMPLETED."""
    for product in evidence.products:
        execution = evidence.executions.get(product.execution_id or 0)
        if execution is None or execution.status != "COMPLETED" or not product.is_published:
            status = execution.status if execution else "absent"
            yield Finding(
                "product without completion",
                f"product {product.id}: execution {product.execution_id} is {status}, "
                f"published {product.is_published}",
            )


def products_have_their_file(evidence: Evidence) -> Iterator[Finding]:
    """The file of a product is in its workspace, whole."""
    for product in evidence.products:
        size = evidence.files.get(product.path)
        if size != product.size:
            yield Finding(
                "product without its file",
                f"product {product.id}: {product.path} has {size} of {product.size} bytes",
            )


def files_have_their_record(evidence: Evidence) -> Iterator[Finding]:
    """Nothing lies in the workspace that no product stands for."""
    known = {product.path for product in evidence.products}
    for path in sorted(evidence.files.keys() - known):
        yield Finding("file without a record", path)


CHECKS = (products_have_their_execution, products_have_their_file, files_have_their_record)
