//! Who works through a chapter, and types at the desk, and at a machine where the chapter is about one.

use crate::desk::Desk;
use crate::machine::Machine;
use crate::shell::Shell;

pub(crate) struct Reader<'a> {
    desk: &'a Desk,
    /// Before the machine, which ends what it is in.
    at_machine: Option<Shell>,
    machine: Option<Machine>,
    at_desk: Shell,
}

impl<'a> Reader<'a> {
    pub(crate) fn at(desk: &'a Desk) -> Self {
        Self { desk, at_machine: None, machine: None, at_desk: desk.shell() }
    }

    /// The machine is booted when it is first typed at.
    pub(crate) fn shell(&mut self, at_machine: bool) -> &mut Shell {
        if !at_machine {
            return &mut self.at_desk;
        }
        let desk = self.desk;
        let machine = self.machine.get_or_insert_with(|| desk.boot());
        self.at_machine.get_or_insert_with(|| desk.shell_at(machine))
    }
}
