"""Everything that is made of a `conformance.result.Result`: terminal, JUnit, JSON and one HTML page.

    progress.py               while a run goes
    terminal.py               the summary at its end
    write.py                  report.json, junit.xml, report.html and the files that repeat each violation
    states.py                 builds `Result.states`

Reads data only: no contract is judged and nothing is sent here. What a server said is hostile; it gets onto a page
through `markup.tag` and onto a terminal through `visible.visible`, nowhere else.
"""
