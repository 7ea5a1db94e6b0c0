package checkd

import (
	"bytes"
	"fmt"
	"os"

	"github.com/keepalived-go/keepalived/internal/log"
	"github.com/keepalived-go/keepalived/internal/report"
)

// writeData writes the state as it is at this moment. The file is left to a goroutine: a slow disk holds up no check.
func (d *daemon) writeData() {
	d.log.Info(fmt.Sprintf("Printing checker data for process(%d) on signal", os.Getpid()))
	var b bytes.Buffer
	if err := report.WriteCheckers(&b, &d.Config.Global, d.table.Status()); err != nil {
		d.log.Log(log.Err, err.Error())
		return
	}
	path := report.StateFile(&d.Config.Global.Dump, report.Checker, d.Label)
	d.reports.Add(1)
	go func() {
		defer d.reports.Done()
		if err := report.Replace(path, b.Bytes()); err != nil {
			d.log.Log(log.Err, err.Error())
		}
	}()
}
