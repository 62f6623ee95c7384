// The order in which the columns of the matrix stand. Other scripts count columns as declared and ask here.
(() => {
  "use strict";

  const list = document.querySelector("table.matrix");
  if (!list) return;

  const line = list.tHead.rows[0];
  const heads = [...line.cells];
  const cols = [...list.querySelectorAll("col")];
  const first = heads.findIndex((cell) => cell.dataset.key !== undefined);
  const before = first < 0 ? heads.length : first;
  const declared = heads.slice(before).map((_, at) => at);
  // Row -> the order of its cells; rows that are not shown wait until they are.
  const orders = new WeakMap();
  let order = declared;

  const orderOf = (row) => orders.get(row) ?? declared;

  // Row -> its cells as declared, which stay the same however they stand; to list those of a whole table takes long.
  const lists = new WeakMap();

  /** The cells of a row without its name, as declared. */
  function cellsOf(row) {
    let cells = lists.get(row);
    if (!cells) lists.set(row, cells = [...row.children].slice(before));
    return cells;
  }

  /** Put the cells of a row in the order that was chosen last. */
  function arrange(row) {
    if (orderOf(row) === order) return;
    const cells = cellsOf(row);
    row.append(...order.map((column) => cells[column]));
    orders.set(row, order);
  }

  /** Choose an order: columns as declared, in the order in which they shall stand. */
  function choose(wanted) {
    if (wanted.every((column, at) => column === order[at])) return;
    order = wanted;
    arrange(line);
    cols[0].parentElement.append(...order.map((column) => cols[before + column]));
  }

  /** The head of the column in which a cell stands. */
  function headOf(cell) {
    const at = cell.cellIndex - before;
    return at < 0 ? heads[cell.cellIndex] : heads[before + orderOf(cell.parentElement)[at]];
  }

  window.hvsupportColumns = {
    before,
    declared,
    heads: heads.slice(before),
    cols: cols.slice(before),
    cellsOf,
    arrange,
    choose,
    headOf,
    columnOf: (cell) => orderOf(cell.parentElement)[cell.cellIndex - before],
  };
})();
