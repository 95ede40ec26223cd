package logline

const Extensions = listed
