"""What invoices and payments come to in the books: bank files, reminders, statements, months, reconciliation."""
