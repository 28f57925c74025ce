export const encodeDefaultFieldValues = (values) => window.platform.encodeDefaultFieldValues(values);
