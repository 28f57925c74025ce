export const notifyRecordUpdateAvailable = async (records) => window.platform.notifyRecordUpdateAvailable(records);
