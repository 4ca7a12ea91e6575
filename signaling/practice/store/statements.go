package store

import (
	"container/list"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"regexp"
	"strconv"

	"modernc.org/sqlite"
)

// maxStatements is how many statements a connection to a file keeps ready. There are some hundred,
// and reading one costs more than most of them do.
const maxStatements = 256

// openFile opens a file of SQLite; its connections keep their statements ready.
func openFile(source string) (*sql.DB, error) {
	connector, err := sqlite.NewConnector(source)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(preparing{connector}), nil
}

// preparing makes connections that keep their statements ready.
type preparing struct{ driver.Connector }

// Connect implements driver.Connector.
func (p preparing) Connect(ctx context.Context) (driver.Conn, error) {
	opened, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	whole, ok := opened.(connection)
	if !ok { // the driver says that it is
		return nil, errors.Join(errors.New("expected a connection of modernc.org/sqlite"),
			opened.Close())
	}
	return &prepared{connection: whole, ready: map[string]*list.Element{}}, nil
}

// connection is what the driver's connections can.
type connection interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// statement is what the driver's statements can.
type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// prepared is a connection with its statements. One that runs is not among them: another one with
// the same text, while the rows of the first are read, gets a statement of its own.
type prepared struct {
	connection
	ready map[string]*list.Element // of *idle, by text
	order list.List                // the one that was used last is at the front
}

type idle struct {
	text string
	statement
}

// take returns a statement that nobody else has until it is put back.
func (p *prepared) take(ctx context.Context, text string) (*idle, error) {
	if element, there := p.ready[text]; there {
		delete(p.ready, text)
		return p.order.Remove(element).(*idle), nil
	}
	made, err := p.PrepareContext(ctx, nameless(text))
	if err != nil {
		return nil, err
	}
	return &idle{text, made.(statement)}, nil
}

var mark = regexp.MustCompile(`\$[0-9]+`)

// nameless is a statement without the names of its arguments if they stand in their order, once
// each: SQLite looks names up one after the other, and a statement that adds many rows has a
// thousand.
func nameless(text string) string {
	for i, name := range mark.FindAllString(text, -1) {
		if name != "$"+strconv.Itoa(i+1) {
			return text
		}
	}
	return mark.ReplaceAllString(text, "?")
}

// put keeps a statement for whoever wants it next.
func (p *prepared) put(s *idle) error {
	if _, there := p.ready[s.text]; there {
		return s.Close()
	}
	p.ready[s.text] = p.order.PushFront(s)
	if p.order.Len() <= maxStatements {
		return nil
	}
	oldest := p.order.Remove(p.order.Back()).(*idle)
	delete(p.ready, oldest.text)
	return oldest.Close()
}

// ExecContext implements driver.ExecerContext.
func (p *prepared) ExecContext(ctx context.Context, text string, arguments []driver.NamedValue) (
	driver.Result, error) {
	s, err := p.take(ctx, text)
	if err != nil {
		return nil, err
	}
	result, err := s.ExecContext(ctx, arguments)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return result, p.put(s)
}

// QueryContext implements driver.QueryerContext.
func (p *prepared) QueryContext(ctx context.Context, text string, arguments []driver.NamedValue) (
	driver.Rows, error) {
	s, err := p.take(ctx, text)
	if err != nil {
		return nil, err
	}
	found, err := s.QueryContext(ctx, arguments)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &preparedRows{found, p, s}, nil
}

// Close implements driver.Conn.
func (p *prepared) Close() error {
	var problems []error
	for element := p.order.Front(); element != nil; element = element.Next() {
		problems = append(problems, element.Value.(*idle).Close())
	}
	return errors.Join(append(problems, p.connection.Close())...)
}

// preparedRows put their statement back when they have been read.
type preparedRows struct {
	driver.Rows
	of        *prepared
	statement *idle
}

// Close implements driver.Rows.
func (r *preparedRows) Close() error {
	if err := r.Rows.Close(); err != nil {
		return errors.Join(err, r.statement.Close())
	}
	return r.of.put(r.statement)
}
