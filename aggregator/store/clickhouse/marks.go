package clickhouse

import (
	"context"
	"database/sql"
	"errors"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// Mark notes how far a collector has written. See [store.Marks].
func (s *Store) Mark(ctx context.Context, collector string, day statistic.Day) error {
	return classified(ctx, "mark a day", s.shards[0].insert(ctx, addMarkQuery, []any{[]string{collector}, []int32{int32(day)}}))
}

// Marks returns how far each collector has written. See [store.Marks].
func (s *Store) Marks(ctx context.Context) (map[string]statistic.Day, error) {
	var marks map[string]statistic.Day
	err := s.shards[0].try(ctx, func(ctx context.Context, h *host) error {
		marks = map[string]statistic.Day{}
		rows, err := h.conn.Query(ctx, marksQuery)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var collector string
			var day int32
			if err := rows.Scan(&collector, &day); err != nil {
				return err
			}
			marks[collector] = statistic.Day(day)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, classified(ctx, "read marks", err)
	}
	return marks, nil
}

// GoOn counts the collectors that go on in a day, all as one epoch. See [store.Joint].
func (s *Store) GoOn(ctx context.Context, day statistic.Day) error {
	all := []any{[]int32{int32(day)}, []string{string(make([]byte, 16))}}
	return classified(ctx, "go on in a day", s.shards[0].insert(ctx, addEpochsQuery, all))
}

// Enter notes a process as the latest of a collector. See [store.Instances].
func (s *Store) Enter(ctx context.Context, collector string, id [16]byte) (store.Instance, error) {
	const op = "enter as a collector"
	latest, err := s.latest(ctx, collector)
	if err != nil || latest.ID == id {
		return latest, classified(ctx, op, err)
	}
	own := store.Instance{Number: latest.Number + 1, ID: id}
	err = s.shards[0].insert(ctx, addInstanceQuery, []any{[]string{collector}, []uint64{own.Number}, []string{string(id[:])}})
	return own, classified(ctx, op, err)
}

// Latest returns the latest process of a collector. See [store.Instances].
func (s *Store) Latest(ctx context.Context, collector string) (store.Instance, error) {
	latest, err := s.latest(ctx, collector)
	return latest, classified(ctx, "look for processes of a collector", err)
}

func (s *Store) latest(ctx context.Context, collector string) (latest store.Instance, err error) {
	var id string
	err = s.shards[0].try(ctx, func(ctx context.Context, h *host) error {
		err := h.conn.QueryRow(ctx, latestInstanceQuery, collector).Scan(&latest.Number, &id)
		if errors.Is(err, sql.ErrNoRows) {
			return nil // it is the first
		}
		return err
	})
	copy(latest.ID[:], id)
	return latest, err
}

// SealWithout notes the collectors without which a day is sealed. See [store.Absences].
func (s *Store) SealWithout(ctx context.Context, day statistic.Day, collectors []string) error {
	if len(collectors) == 0 {
		collectors = []string{""}
	}
	const op = "note who is missing"
	days := repeated(int32(day), len(collectors))
	if err := s.shards[0].insert(ctx, addAbsencesQuery, []any{days, collectors}); err != nil {
		return classified(ctx, op, err)
	}
	for _, h := range s.shards[0].hosts { // a collector may ask any of them
		if err := s.shards[0].sync(ctx, h, "absences"); err != nil {
			return classified(ctx, op, err)
		}
	}
	return nil
}

// Closed reports whether a day is sealed without a collector. See [store.Absences].
func (s *Store) Closed(ctx context.Context, day statistic.Day) (bool, error) {
	var named uint64
	err := s.shards[0].try(ctx, func(ctx context.Context, h *host) error {
		return h.conn.QueryRow(ctx, isClosedQuery, int32(day)).Scan(&named)
	})
	return named > 0, classified(ctx, "look whether a day is closed", err)
}

// Absent returns the collectors without which the newest day was sealed. See [store.Absences].
func (s *Store) Absent(ctx context.Context) ([]string, error) {
	var absent []string
	err := s.shards[0].try(ctx, func(ctx context.Context, h *host) error {
		absent = nil
		rows, err := h.conn.Query(ctx, absentQuery)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var collector string
			if err := rows.Scan(&collector); err != nil {
				return err
			}
			absent = append(absent, collector)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, classified(ctx, "read who was missing", err)
	}
	return absent, nil
}
