package clickhouse

import (
	"context"

	"oboro/aggregator/statistic"
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
